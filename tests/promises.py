"""What fastloss promises, the tests that would fail if it were not so, and how each of them was seen failing.

`tools/assurance.py` breaks a copy of the source in each way that stands here and runs the tests, and writes docs/assurance.md.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Break:
    """A line changed so that a promise no longer holds; then each of `tests` fails, run alone."""

    what: str
    file: str
    before: str  #: stands in the file exactly once
    after: str
    #: Arguments of pytest, one test each: with "--full" or "--deep" where quick depth leaves it out, or would not show it.
    tests: tuple[str, ...]
    #: The tier without which nothing can show it; "": none.
    tier: str = ""

    @property
    def late(self) -> bool:
        """Whether plain `pytest` does not notice it."""
        return bool(self.tier) or all(" --" in test for test in self.tests)


@dataclass(frozen=True)
class Promise:
    title: str
    text: str
    #: File and function of each test. "sanitized: ..." names one of the run with sanitizers; "sanitized: all", the whole run.
    tests: tuple[str, ...]
    breaks: tuple[Break, ...] = ()
    #: Which table of tools/assurance.py follows.
    table: str = ""


def function_of(test: str) -> str:
    """File and function of a test, without options and parameters."""
    return test.split()[0].partition("[")[0]


FUNCTIONS = Promise(
    "Elementary functions",
    "exp, log, log1p and expm1 are within 1 ulp of the mathematical result, tanh, sigmoid, softplus, "
    "log-sigmoid and erf within 2, log-gamma, digamma and trigamma within 3: in float32 for every one of the "
    "2³² inputs, on every SIMD tier; in float64 on validation sets made with mpmath, which hold the ends of domains, "
    "every binade, subnormal numbers and hard cases.",
    (
        "test_functions.py::test_float32_is_within_its_bound_on_every_input",
        "test_functions.py::test_float64_is_within_its_bound_on_the_validation_set",
        "test_functions.py::test_coefficients_are_those_of_the_tool",
    ),
    (
        Break(
            "two coefficients of exp swapped in the sixth digit",
            "csrc/math/exp.h",
            "q = fma_(q, r, 0.166665182f);",
            "q = fma_(q, r, 0.166666182f);",
            ("test_functions.py::test_float32_is_within_its_bound_on_every_input[exp]",),
        ),
        Break(
            "the tenth digit of a coefficient of log",
            "csrc/math/log.h",
            "0.33333333333333476",
            "0.33333333343333476",
            ("test_functions.py::test_float64_is_within_its_bound_on_the_validation_set[log]",),
        ),
        Break(
            "a coefficient of log cosh that the script does not yield",
            "csrc/losses/log_cosh.h",
            "-0.0833331645f",
            "-0.0833331719f",
            ("test_functions.py::test_coefficients_are_those_of_the_tool",),
        ),
    ),
    table="functions",
)

LOSSES = Promise(
    "Losses",
    "Value and gradient of an element are within 4 ulp, the Hessian within 8, of the exact result, beyond what moving "
    "each input and parameter by one ulp would change; sigmoid_focal, asymmetric_focal, softmax_focal and "
    "poly1_cross_entropy within 10, kl_divergence 8, cross_entropy, symmetric_cross_entropy and sparsemax 6, "
    "generalized_cross_entropy 5, as the registry "
    "says. Nothing overflows, is NaN or loses its digits where the exact result is a number of the type.",
    (
        "test_exact.py::test_kernels_are_exact_within_the_bound",
        "test_exact.py::test_derivatives_of_the_references_are_limits",
        "test_accuracy.py::test_error_of_every_loss_is_within_its_bound",
        "test_derivatives.py::test_derivatives_are_the_limits_of_difference_quotients",
        "test_accuracy.py::test_float64_agrees_with_the_reference",
        "test_sums.py::test_weights",
    ),
    (
        Break(
            "the gradient of the focal loss without one of its terms",
            "csrc/losses/focal.h",
            "factor * (first + f.slope) * root",
            "factor * (R(1.00001) * first + f.slope) * root",
            (
                "test_exact.py::test_kernels_are_exact_within_the_bound",
                "test_accuracy.py::test_error_of_every_loss_is_within_its_bound",
                "test_accuracy.py::test_float64_agrees_with_the_reference",
            ),
        ),
        Break(
            "a Hessian of the reference that is not the derivative of its gradient",
            "fastloss/reference/_pointwise.py",
            "np.tanh(r), 4 * e / (1 + e) ** 2",
            "np.tanh(r), 4.0001 * e / (1 + e) ** 2",
            ("test_exact.py::test_derivatives_of_the_references_are_limits",),
        ),
        Break(
            "a gradient that is not that of the value",
            "csrc/losses/squared_error.h",
            ".grad = TWO * r,",
            ".grad = R(2.0001) * r,",
            ("test_derivatives.py::test_derivatives_are_the_limits_of_difference_quotients",),
        ),
        Break(
            "a number of elements where what they weigh together is wanted",
            "csrc/shapes/sums/block.c",
            "sums[1] += weight ? j->sum(weight, fl_padded(n)) : (double)n;",
            "sums[1] += (double)n;",
            ("test_sums.py::test_weights[pearson]",),
        ),
    ),
    table="losses",
)

SOFTMAX = Promise(
    "Softmax",
    "logsumexp, log-probabilities and entropies of rows, and derivatives of the first two, are within 4 ulp of the exact "
    "result, beyond what moving each logit by one ulp would change. What a loss says of its rows beside its value changes "
    "no bit of it. A linear layer with its loss gives what the layer and then the loss give; what its filter leaves out "
    "is bounded.",
    (
        "test_statistics.py::test_lse_and_entropy_are_exact_to_four_ulp",
        "test_statistics.py::test_the_loss_is_the_same_to_the_last_bit",
        "test_row_functions.py::test_results_are_exact_to_four_ulp",
        "test_linear.py::test_against_logits_that_exist",
        "test_linear.py::test_the_error_of_the_filter_is_bounded",
    ),
    (
        Break(
            "the fifth digit of an entropy",
            "csrc/loops/finish.h",
            "at[FL_ENTROPY * n] = s.log_sum +",
            "at[FL_ENTROPY * n] = R(1.00001) * s.log_sum +",
            ("test_statistics.py::test_lse_and_entropy_are_exact_to_four_ulp",),
        ),
        Break(
            "the largest logit and the logarithm of the sum added before they are subtracted",
            "csrc/loops/columns_backward.h",
            "to[j * n + i] = (a[j * n + i] - m) - z;",
            "to[j * n + i] = a[j * n + i] - (m + z);",
            ("test_row_functions.py::test_results_are_exact_to_four_ulp",),
        ),
        Break(
            "logits that a statistic of the row overwrites",
            "csrc/shapes/softmax/softmax.c",
            "p->keeps_logits = p->dense || p->statistics || c->outputs & FL_LOG_SOFTMAX;",
            "p->keeps_logits = p->dense || c->outputs & FL_LOG_SOFTMAX;",
            ("test_statistics.py::test_lse_and_entropy_are_exact_to_four_ulp",),
        ),
        Break(
            "another scale of derivatives where a statistic is wanted",
            "csrc/shapes/softmax/given.c",
            ".scale = j->scale / c->temperature,",
            ".scale = j->scale * (p->statistics ? 1.000001 : 1.0) / c->temperature,",
            ("test_statistics.py::test_the_loss_is_the_same_to_the_last_bit",),
        ),
        Break(
            "a filter twenty times as coarse",
            "fastloss/_linear_chunks.py",
            "found[part] = ~(peak < self.filter_eps)",
            "found[part] = ~(peak < 20 * self.filter_eps)",
            ("test_linear.py::test_the_error_of_the_filter_is_bounded",),
        ),
        Break(
            "a bias that is left out",
            "fastloss/_linear_chunks.py",
            "np.add(logits, self.bias, out=logits)",
            "pass",
            ("test_linear.py::test_against_logits_that_exist",),
        ),
    ),
)

SUMS = Promise(
    "Sums",
    "A reduced value is within 1e-15 log2(n), relative, of the exact sum (math.fsum) of the values of the elements, "
    "where they have one sign. A mean depends on the ratios of its weights, whatever their size; of nothing it is NaN, "
    "or 0 where that is asked for.",
    (
        "test_accuracy.py::test_sum_is_within_the_bound_of_the_exact_sum",
        "test_accuracy.py::test_mean_of_a_million_small_numbers_keeps_its_digits",
        "test_weights.py::test_a_mean_depends_on_ratios_of_weights",
        "test_weights.py::test_a_mean_of_nothing",
    ),
    (
        Break(
            "a lane left out of the sums",
            "csrc/loops/reduce.h",
            "            lane[l] += (double)x[i + l];",
            "            lane[l] += l == LANES - 1 ? 0.0 : (double)x[i + l];",
            ("test_accuracy.py::test_sum_is_within_the_bound_of_the_exact_sum",),
        ),
        Break(
            "sums in the type of the elements and not in double",
            "csrc/loops/reduce.h",
            "            lane[l] += (double)x[i + l];",
            "            lane[l] = (double)((real)lane[l] + x[i + l]);",
            ("test_accuracy.py::test_mean_of_a_million_small_numbers_keeps_its_digits",),
        ),
        Break(
            "weights of any size taken as they are",
            "csrc/memory/weights.h",
            "return most > 0.0 && (least < 1.0 / FL_PLAIN || most > FL_PLAIN);",
            "return most < 0.0 && (least < 1.0 / FL_PLAIN || most > FL_PLAIN);",
            ("test_weights.py::test_a_mean_depends_on_ratios_of_weights",),
        ),
        Break(
            "the mean of nothing, 0 where NaN is asked for",
            "csrc/shapes/rows/driver.c",
            "j->something_counts ? total / count : call->empty_is_zero ? 0.0 : NAN;",
            "j->something_counts ? total / count : 0.0;",
            ("test_weights.py::test_a_mean_of_nothing",),
        ),
    ),
)

SAME_BITS = Promise(
    "The same bits",
    "A result does not depend on the number of threads, on the layout or the alignment of arrays, or on the SIMD tier "
    "among those with a fused multiply-add (AVX2, AVX-512, NEON), nor on the compiler (gcc, clang). NEON is run under "
    "qemu.",
    (
        "test_sums.py::test_losses_side_by_side",
        "test_same_bits.py::test_threads_change_nothing",
        "test_same_bits.py::test_tiers_with_fused_multiply_add_agree",
        "test_same_bits.py::test_layout_changes_nothing",
        "test_same_bits.py::test_alignment_changes_nothing",
        "test_c_core.py::test_numbers_of_threads_give_the_same_bits",
        "test_c_core.py::test_tiers_and_compilers_give_the_same_bits",
        "test_c_core.py::test_neon_gives_the_same_bits",
    ),
    (
        Break(
            "blocks of rows that depend on the number of threads",
            "csrc/shapes/rows/driver.c",
            "fl_rows_worth(j, ELEMENTS_A_TASK);",
            "fl_rows_worth(j, ELEMENTS_A_TASK / call->n_threads);",
            (
                "test_same_bits.py::test_threads_change_nothing",
                "test_c_core.py::test_numbers_of_threads_give_the_same_bits --full",
            ),
        ),
        Break(
            "a fused multiply-add that AVX-512 rounds twice",
            "csrc/math/real.h",
            "#if (defined(__FMA__) ||",
            "#if ((defined(__FMA__) && !defined(__AVX512F__)) ||",
            (
                "test_same_bits.py::test_tiers_with_fused_multiply_add_agree",
                "test_c_core.py::test_tiers_and_compilers_give_the_same_bits --full",
            ),
            tier="avx512",
        ),
        Break(
            "a fused multiply-add that NEON rounds twice",
            "csrc/math/real.h",
            "|| defined(__aarch64__)) && !defined(WITHOUT_FMA)",
            ") && !defined(WITHOUT_FMA)",
            ("test_c_core.py::test_neon_gives_the_same_bits --full",),
        ),
        Break(
            "sums in the order of memory",
            "csrc/shapes/pointwise/pointwise.c",
            "fl_walk_call(&j.walk, j.array, call, !reduced);",
            "fl_walk_call(&j.walk, j.array, call, 1);",
            ("test_same_bits.py::test_layout_changes_nothing",),
        ),
        Break(
            "a loss of sums that lies beside another with the numbers of that",
            "csrc/memory/walk.c",
            "f + k * (int)sizeof(type), from_step",
            "f + (k / 2) * (int)sizeof(type), from_step",
            ("test_sums.py::test_losses_side_by_side",),
        ),
        Break(
            "shorter blocks where memory is not aligned",
            "csrc/shapes/pointwise/pointwise.c",
            "n_blocks < BLOCKS_A_TASK; first += FL_BLOCK) {",
            "n_blocks < BLOCKS_A_TASK; first += j->direct[FL_PRED] ? FL_BLOCK : FL_BLOCK / 2) {",
            ("test_same_bits.py::test_alignment_changes_nothing",),
        ),
    ),
)

MEMORY = Promise(
    "Memory",
    "Nothing outside the arrays of a call is read or written, nothing but the outputs is written, and every "
    "allocation is checked.",
    (
        "test_memory.py::test_guard_pages",
        "test_memory.py::test_guard_pages_around_very_long_rows",
        "test_memory.py::test_guard_pages_around_other_types",
        "test_memory.py::test_guard_pages_around_views",
        "test_memory.py::test_nothing_is_written_between_the_elements_of_out",
        "test_memory.py::test_inputs_are_not_changed",
        "test_c_core.py::test_sanitizers_of_addresses_and_undefined_behaviour",
        "test_c_core.py::test_valgrind",
        "test_c_core.py::test_valgrind_of_python",
        "test_c_core.py::test_thread_sanitizer",
        "test_c_core.py::test_fuzzer",
        "test_c_core.py::test_every_allocation_is_checked",
        "test_c_core.py::test_other_machines_are_refused_by_name",
        "sanitized: all",
    ),
    (
        Break(
            "partial groups read where they lie",
            "csrc/shapes/pointwise/pointwise.c",
            "    if (j->direct[which] && n % FL_GROUP == 0) {",
            "    if (j->direct[which]) {",
            (
                "test_memory.py::test_guard_pages",
                "test_c_core.py::test_sanitizers_of_addresses_and_undefined_behaviour --full",
                "test_c_core.py::test_valgrind --full",
            ),
        ),
        Break(
            "half of the scratch memory",
            "csrc/runtime/parallel.c",
            "malloc(share * (size_t)n_threads + ALIGNMENT)",
            "malloc(share * (size_t)n_threads / 2)",
            ("test_c_core.py::test_valgrind_of_python --deep",),
        ),
        Break(
            "numbers of another type gathered from one place too far",
            "csrc/memory/convert.c",
            "memcpy(&x, from + i * step, sizeof x);",
            "memcpy(&x, from + (i + 1) * step, sizeof x);",
            ("test_memory.py::test_guard_pages_around_other_types",),
        ),
        Break(
            "strided numbers gathered from one place too far",
            "csrc/memory/convert.c",
            "const intptr_t step = stride;",
            "const intptr_t step = stride; from += stride;",
            ("test_memory.py::test_guard_pages_around_views",),
        ),
        Break(
            "the end of a long row read in whole groups",
            "csrc/shapes/softmax/segment.c",
            "softmax->forward(z, u, n, next_segment",
            "softmax->forward(z, u, fl_padded(n), next_segment",
            ("test_memory.py::test_guard_pages_around_very_long_rows",),
        ),
        Break(
            "strided results of float32 written with 8 bytes",
            "csrc/memory/convert.c",
            "memcpy(to + i * stride, &x, sizeof x);",
            "memcpy(to + i * stride, &x, sizeof(double));",
            ("test_memory.py::test_nothing_is_written_between_the_elements_of_out",),
        ),
        Break(
            "an input that is weighed in the place of the gradient",
            "csrc/shapes/pointwise/pointwise.c",
            "            weigh(j, derivative[which], weight, padded);",
            "            weigh(j, (void *)in[FL_TARGET], weight, padded);",
            ("test_memory.py::test_inputs_are_not_changed",),
        ),
        Break(
            "no check for machines of 32 bits",
            "csrc/fastloss.h",
            '#error "fastloss supports 64-bit machines only"',
            "",
            ("test_c_core.py::test_other_machines_are_refused_by_name",),
        ),
        Break(
            "a dropped check of labels",
            "csrc/loops/rows.h",
            "(uint64_t)y >= (uint64_t)classes",
            "(uint64_t)y > (uint64_t)classes",
            ("test_errors.py::test_label_out_of_range", "test_c_core.py::test_fuzzer --full"),
        ),
        Break(
            "scratch memory that threads share",
            "csrc/runtime/parallel.c",
            "char *own = scratch + share * (size_t)omp_get_thread_num();",
            "char *own = scratch;",
            ("test_same_bits.py::test_threads_change_nothing", "test_c_core.py::test_thread_sanitizer --full"),
        ),
        Break(
            "an allocation that is not checked",
            "csrc/runtime/parallel.c",
            "!(heap = malloc(share * (size_t)n_threads + ALIGNMENT)))",
            "!((heap = malloc(share * (size_t)n_threads + ALIGNMENT)), 1))",
            ("test_c_core.py::test_every_allocation_is_checked",),
        ),
    ),
)

ERRORS = Promise(
    "Errors",
    "Any call gives a result or one of the documented exceptions; after an exception, inputs and `out` are what they were.",
    (
        "test_any_call.py::test_any_call",
        "test_errors.py::test_label_out_of_range",
        "test_errors.py::test_a_bad_label_late_in_a_large_array",
        "test_margins.py::test_a_listed_label_that_is_no_class_is_named_and_nothing_written",
        "test_errors.py::test_number_outside_the_domain_late_in_a_large_array",
    ),
    (
        Break(
            "a result written over an input",
            "fastloss/_arrays.py",
            "    if any(overlap(place, other) for other in (*read, *others)):",
            "    if False:",
            ("test_any_call.py::test_any_call",),
        ),
        Break(
            "results written before the domain is checked",
            "csrc/shapes/pointwise/pointwise.c",
            "    if (call->check_first && checked) {",
            "    if (0 && checked) {",
            ("test_errors.py::test_number_outside_the_domain_late_in_a_large_array",),
        ),
        Break(
            "results written before the labels are checked",
            "csrc/shapes/rows/driver.c",
            "    const int look = call->labels ||",
            "    const int look = 0 && call->labels ||",
            ("test_errors.py::test_a_bad_label_late_in_a_large_array",),
        ),
        Break(
            "a dropped check of listed labels",
            "csrc/shapes/elements/lists.c",
            "    if (label >= c->classes)",
            "    if (label > c->classes)",
            ("test_margins.py::test_a_listed_label_that_is_no_class_is_named_and_nothing_written",),
        ),
    ),
)

SIZE = Promise(
    "Size",
    "Arrays may have more than 2³¹ elements, rows more than 2³¹ classes, files more than 4 GiB.",
    (
        "test_size.py::test_the_last_of_many_elements_count",
        "test_size.py::test_the_mean_of_many_elements",
        "test_size.py::test_the_place_beyond_two_to_the_31_of_what_is_outside_the_domain",
        "test_size.py::test_a_gradient_of_many_elements",
        "test_size.py::test_rows_of_many_classes",
        "test_size.py::test_the_softmax_of_many_classes",
        "test_size.py::test_many_rows",
        "test_size.py::test_the_end_of_a_large_file_counts",
        "test_size.py::test_labels_at_the_end_of_a_large_file",
    ),
    (
        Break(
            "an index of elements in 32 bits",
            "csrc/shapes/pointwise/pointwise.c",
            "    for (int64_t first = task * TASK;",
            "    for (int64_t first = (int)(task * TASK);",
            (
                "test_size.py::test_the_last_of_many_elements_count",
                "test_size.py::test_the_mean_of_many_elements --deep",
                "test_size.py::test_the_place_beyond_two_to_the_31_of_what_is_outside_the_domain --deep",
                "test_size.py::test_a_gradient_of_many_elements --deep",
            ),
        ),
        Break(
            "an index of classes in 32 bits",
            "csrc/shapes/rows/rows.h",
            "    const int64_t left = j->call->classes - s * j->segment;",
            "    const int64_t left = j->call->classes - (int)(s * j->segment);",
            ("test_size.py::test_the_softmax_of_many_classes",),
        ),
        Break(
            "a label in 32 bits",
            "csrc/shapes/rows/segments.c",
            "fl_load(r->data[FL_PRED] + label * c->argument",
            "fl_load(r->data[FL_PRED] + (int)label * c->argument",
            ("test_size.py::test_rows_of_many_classes",),
        ),
        Break(
            "an index of rows in 32 bits",
            "csrc/shapes/rows/tasks.c",
            "    *first = task * j->rows_a_task;",
            "    *first = (int)(task * j->rows_a_task);",
            ("test_size.py::test_many_rows --deep",),
        ),
        Break(
            "the last part of a file left out",
            "fastloss/cli/_problem.py",
            "starts = [range(0, shape[axis], lengths[axis])",
            "starts = [range(0, shape[axis] // lengths[axis] * lengths[axis], lengths[axis])",
            ("test_size.py::test_the_end_of_a_large_file_counts", "test_size.py::test_labels_at_the_end_of_a_large_file"),
        ),
    ),
)

PROCESS = Promise(
    "Threads, processes, signals",
    "A child of a process that used threads computes the same bits and ends; Ctrl-C is heard within a second; calls "
    "from eight threads agree; limits of threadpoolctl are kept; PyTorch and scikit-learn, with OpenMP runtimes of "
    "their own, may be imported before or after. The floating-point mode of the caller is neither changed nor felt.",
    (
        "test_process.py::test_forked_children_compute_the_same",
        "test_process.py::test_processes_of_multiprocessing_compute_the_same",
        "test_process.py::test_control_c_ends_a_long_call",
        "test_process.py::test_concurrent_calls_agree",
        "test_process.py::test_limits_of_threadpoolctl",
        "test_process.py::test_beside_other_libraries_with_threads",
        "test_float_mode.py::test_the_mode_is_neither_felt_nor_changed",
        "test_float_mode.py::test_a_subnormal_number_outside_the_domain_is_named",
        "test_float_mode.py::test_the_import_leaves_the_mode",
        "test_float_mode.py::test_threads_created_in_another_mode_compute_the_same",
    ),
    (
        Break(
            "a child that uses the threads of its parent",
            "csrc/runtime/parallel.c",
            "    in_forked_child = 1;",
            "    in_forked_child = 0;",
            (
                "test_process.py::test_forked_children_compute_the_same",
                "test_process.py::test_processes_of_multiprocessing_compute_the_same",
            ),
        ),
        Break(
            "signals that are not asked for",
            "csrc/memory/tasks.c",
            "    return *w->failure || (w->call->interrupted && w->call->interrupted());",
            "    return *w->failure;",
            ("test_process.py::test_control_c_ends_a_long_call",),
        ),
        Break(
            "scratch memory that all threads of Python share",
            "csrc/runtime/parallel.c",
            "    char stack[STACK_SCRATCH + ALIGNMENT];",
            "    static char stack[STACK_SCRATCH + ALIGNMENT];",
            ("test_process.py::test_concurrent_calls_agree",),
        ),
        Break(
            "as many threads as processors, whatever the limit",
            "csrc/runtime/parallel.c",
            "        return omp_get_max_threads();",
            "        return omp_get_num_procs();",
            ("test_process.py::test_limits_of_threadpoolctl",),
        ),
        Break(
            "scratch memory of the other threads of a call",
            "csrc/runtime/parallel.c",
            "char *own = scratch + share * (size_t)omp_get_thread_num();",
            "char *own = scratch + share * (size_t)(omp_get_thread_num() / 2);",
            ("test_process.py::test_beside_other_libraries_with_threads",),
        ),
        Break(
            "the caller's floating-point mode",
            "csrc/runtime/float_mode.h",
            "    fl_set_float_mode(FL_DEFAULT_FLOAT_MODE);",
            "",
            (
                "test_float_mode.py::test_the_mode_is_neither_felt_nor_changed",
                "test_float_mode.py::test_a_subnormal_number_outside_the_domain_is_named",
                "test_float_mode.py::test_threads_created_in_another_mode_compute_the_same",
            ),
        ),
        Break(
            "a floating-point mode that is not given back",
            "csrc/runtime/float_mode.h",
            "    fl_set_float_mode(callers);",
            "    fl_set_float_mode(callers | 0x8040);",
            ("test_float_mode.py::test_the_import_leaves_the_mode",),
        ),
    ),
)

PROMISES = (FUNCTIONS, LOSSES, SOFTMAX, SUMS, SAME_BITS, MEMORY, ERRORS, SIZE, PROCESS)
