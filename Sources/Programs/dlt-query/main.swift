import AllDestinations
import Querying

QueryProgram.main(allDestinations)
