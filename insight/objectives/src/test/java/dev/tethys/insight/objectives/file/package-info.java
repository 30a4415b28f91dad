@NullMarked
package dev.tethys.insight.objectives.file;

import org.jspecify.annotations.NullMarked;
