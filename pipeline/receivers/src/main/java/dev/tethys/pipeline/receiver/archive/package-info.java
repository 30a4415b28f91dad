/** Replay of an archive into pipelines. */
@NullMarked
package dev.tethys.pipeline.receiver.archive;

import org.jspecify.annotations.NullMarked;
