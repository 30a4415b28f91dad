/** The one seam through which the store reaches files. */
@NullMarked
package dev.tethys.store.metrics.internal.file;

import org.jspecify.annotations.NullMarked;
