/** The {@code cumulativetodelta} and {@code deltatocumulative} processors. */
@NullMarked
package dev.tethys.pipeline.processor.temporality;

import org.jspecify.annotations.NullMarked;
