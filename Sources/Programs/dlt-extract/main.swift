import AllSources
import Extraction

ExtractProgram.main(allSources)
