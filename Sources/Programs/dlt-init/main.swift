import Scaffolding

InitProgram.main()
