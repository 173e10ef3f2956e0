#!/usr/bin/env node
// Starts the binary of this platform, and is nothing else: no install script, no download, no reading of its streams.
'use strict';

const { spawn } = require('node:child_process');
const os = require('node:os');

const name = `@agent2agent/a2a-${process.platform}-${process.arch}`;
const file = process.platform === 'win32' ? 'a2a.exe' : 'a2a';

let binary;
try {
  binary = require.resolve(`${name}/bin/${file}`);
} catch {
  console.error(`a2a: there is no package for this system (${name}). Build it from source: see the README.`);
  process.exit(1);
}

// The child has our standard streams themselves, so a client that closes them closes them for the child.
const child = spawn(binary, process.argv.slice(2), { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`a2a: cannot start ${binary}: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(signal ? 128 + (os.constants.signals[signal] ?? 0) : code));
