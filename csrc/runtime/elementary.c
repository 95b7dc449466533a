/* The elementary functions on arrays, for tests of their accuracy. */
#include "../loops/kernels.h"
#include "float_mode.h"

int fl_n_math_functions(void)
{
    return 0
#define MATH_FUNCTION(name, bound) +1
#include "../math/math_functions.inc"
#undef MATH_FUNCTION
        ;
}

const char *fl_math_function_name(int function)
{
    static const char *const names[] = {
#define MATH_FUNCTION(name, bound) #name,
#include "../math/math_functions.inc"
#undef MATH_FUNCTION
    };
    return names[function];
}

double fl_math_function_bound(int function)
{
    static const double bounds[] = {
#define MATH_FUNCTION(name, bound) bound,
#include "../math/math_functions.inc"
#undef MATH_FUNCTION
    };
    return bounds[function];
}

fl_status fl_math(int tier, fl_dtype real, int function, const void *x, void *y, int64_t n)
{
    if (n % FL_GROUP)
        return FL_UNSUPPORTED;
    const fl_float_mode mode = fl_enter_default_float_mode();
    if (n > 0)
        fl_kernels_for(tier, real)->math(function, x, y, n);
    fl_leave_default_float_mode(mode);
    return FL_OK;
}
