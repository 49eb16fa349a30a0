print("dlt-load")
