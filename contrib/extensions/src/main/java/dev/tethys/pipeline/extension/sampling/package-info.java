/** Jaeger's remote sampling: serves sampling strategies to clients. */
@NullMarked
package dev.tethys.pipeline.extension.sampling;

import org.jspecify.annotations.NullMarked;
