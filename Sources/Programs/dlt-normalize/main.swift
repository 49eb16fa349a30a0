import Normalization

NormalizeProgram.main()
