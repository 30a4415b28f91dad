@NullMarked
package dev.tethys.pipeline.receiver.zpages;

import org.jspecify.annotations.NullMarked;
