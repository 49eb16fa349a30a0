import PostgreSQLConnector
import SQLiteConnector
import StateInspection

StateProgram.main(SQLiteDestination.self, PostgreSQLDestination.self)
