/** The one seam through which stores and queues reach files; logs of records for small states. */
@NullMarked
package dev.tethys.model.file;

import org.jspecify.annotations.NullMarked;
