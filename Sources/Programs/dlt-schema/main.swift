print("dlt-schema")
