print("dlt-state")
