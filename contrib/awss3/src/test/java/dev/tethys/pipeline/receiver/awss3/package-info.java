@NullMarked
package dev.tethys.pipeline.receiver.awss3;

import org.jspecify.annotations.NullMarked;
