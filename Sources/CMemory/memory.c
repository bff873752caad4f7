// The header is all there is; a module of C has at least one file.
#include "CMemory.h"
