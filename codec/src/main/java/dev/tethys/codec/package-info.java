/**
 * Wire and text formats, to and from the model, as pure functions over buffers. Each format has its
 * own package; this package has the parts that they share.
 */
@NullMarked
package dev.tethys.codec;

import org.jspecify.annotations.NullMarked;
