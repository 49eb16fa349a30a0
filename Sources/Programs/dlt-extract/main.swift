print("dlt-extract")
