@NullMarked
package dev.tethys.contrib.clusteragent;

import org.jspecify.annotations.NullMarked;
