/** Endpoint that takes profiles from Coroot's agents. */
@NullMarked
package dev.tethys.pipeline.receiver.coroot;

import org.jspecify.annotations.NullMarked;
