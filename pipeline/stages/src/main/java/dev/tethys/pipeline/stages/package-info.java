/** Promtail's pipeline stages: each takes log entries, changes, drops, joins or counts them. */
@NullMarked
package dev.tethys.pipeline.stages;

import org.jspecify.annotations.NullMarked;
