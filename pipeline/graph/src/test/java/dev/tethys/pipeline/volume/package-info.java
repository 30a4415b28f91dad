@NullMarked
package dev.tethys.pipeline.volume;

import org.jspecify.annotations.NullMarked;
