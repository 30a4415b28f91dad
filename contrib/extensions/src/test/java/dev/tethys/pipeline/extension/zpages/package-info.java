@NullMarked
package dev.tethys.pipeline.extension.zpages;

import org.jspecify.annotations.NullMarked;
