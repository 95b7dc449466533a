/* All elementary functions. */
#include "exp.h"
#include "expm1.h"
#include "log.h"
#include "logistic.h"
#include "softening.h"
#include "tanh.h"
