"""What the company sells: systems, sold in deals, and what customers order again and again."""

# List prices in CNY.
SYSTEM_PRICES = {"Line 100": 20_000.0, "Line 200": 45_000.0, "Line 500": 120_000.0, "Retrofit": 8_000.0}
REPEAT_PRICES = {"Consumables": 40.0, "Spare parts": 250.0, "Service": 900.0, "Training": 1_800.0}

SYSTEMS = tuple(SYSTEM_PRICES)
REPEATS = tuple(REPEAT_PRICES)
PRODUCTS = (*SYSTEMS, *REPEATS)
PRICES = (*SYSTEM_PRICES.values(), *REPEAT_PRICES.values())
