/** Matchers against postings. */
@NullMarked
package dev.tethys.store.metrics.internal.index;

import org.jspecify.annotations.NullMarked;
