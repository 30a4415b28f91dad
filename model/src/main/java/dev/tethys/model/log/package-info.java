/** Loggers of the product, over {@code java.util.logging}. */
@NullMarked
package dev.tethys.model.log;

import org.jspecify.annotations.NullMarked;
