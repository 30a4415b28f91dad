/** The Collector's pages about itself. */
@NullMarked
package dev.tethys.pipeline.receiver.zpages;

import org.jspecify.annotations.NullMarked;
