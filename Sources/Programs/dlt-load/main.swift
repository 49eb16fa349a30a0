import AllDestinations
import Loading

LoadProgram.main(allDestinations)
