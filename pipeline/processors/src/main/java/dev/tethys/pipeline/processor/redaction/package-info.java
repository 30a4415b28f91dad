/** The {@code redaction} processor: attributes removed and masked. */
@NullMarked
package dev.tethys.pipeline.processor.redaction;

import org.jspecify.annotations.NullMarked;
