import AllDestinations
import SchemaInspection

SchemaProgram.main(allDestinations)
