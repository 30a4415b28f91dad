/** Recommendations to reduce data, from samples of passing data. */
@NullMarked
package dev.tethys.pipeline.advice;

import org.jspecify.annotations.NullMarked;
