print("dlt-normalize")
