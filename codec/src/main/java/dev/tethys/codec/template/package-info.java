/** Go's template language: parser and interpreter with bounds, Go's values, formats and times. */
@NullMarked
package dev.tethys.codec.template;

import org.jspecify.annotations.NullMarked;
