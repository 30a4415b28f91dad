/** Column-wise execution: operators over series x steps, kernels over windows of samples. */
@NullMarked
package dev.tethys.query.promql.exec;

import org.jspecify.annotations.NullMarked;
