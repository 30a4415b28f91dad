/** The one seam through which stores and queues reach files. */
@NullMarked
package dev.tethys.model.file;

import org.jspecify.annotations.NullMarked;
