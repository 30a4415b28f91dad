/**
 * Wire and text formats, to and from the model, as pure functions over buffers. Each format has a
 * package of its own; what they share stands here.
 */
@NullMarked
package dev.tethys.codec;

import org.jspecify.annotations.NullMarked;
