/** The {@code filter} processor: items that OTTL conditions name are dropped. */
@NullMarked
package dev.tethys.pipeline.processor.filter;

import org.jspecify.annotations.NullMarked;
