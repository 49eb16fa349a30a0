import AllDestinations
import StateInspection

StateProgram.main(allDestinations)
