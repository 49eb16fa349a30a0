import Normalization
import ProgramSupport

Program.run(NormalizeProgram.self)
