/** Observer of the containers of a Docker daemon. */
@NullMarked
package dev.tethys.pipeline.extension.docker;

import org.jspecify.annotations.NullMarked;
