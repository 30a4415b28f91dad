/** Extensions: folders, health, and what authenticates the requests of exporters. */
@NullMarked
package dev.tethys.pipeline.extension;

import org.jspecify.annotations.NullMarked;
