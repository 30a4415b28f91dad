/** The {@code attributes} and {@code resource} processors: simple edits of attributes. */
@NullMarked
package dev.tethys.pipeline.processor.attributes;

import org.jspecify.annotations.NullMarked;
