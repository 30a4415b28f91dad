/** Observer of Docker containers. */
@NullMarked
package dev.tethys.pipeline.extension.docker;

import org.jspecify.annotations.NullMarked;
