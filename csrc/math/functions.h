/* All elementary functions. */
#include "exp.h"
#include "log.h"
#include "logistic.h"
#include "tanh.h"
