import PostgreSQLConnector
import SQLiteConnector
import SchemaInspection

SchemaProgram.main(SQLiteDestination.self, PostgreSQLDestination.self)
