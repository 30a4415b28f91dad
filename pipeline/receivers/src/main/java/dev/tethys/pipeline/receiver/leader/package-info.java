/** Receivers of which one replica runs: the one that leads. */
@NullMarked
package dev.tethys.pipeline.receiver.leader;

import org.jspecify.annotations.NullMarked;
