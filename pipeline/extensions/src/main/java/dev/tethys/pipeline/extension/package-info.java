/** Extensions of the graph: authentication, queue storage; one package each for larger ones. */
@NullMarked
package dev.tethys.pipeline.extension;

import org.jspecify.annotations.NullMarked;
