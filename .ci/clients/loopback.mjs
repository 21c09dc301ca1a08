// Loaded before everything else: a connection that leaves this machine ends
// the program.
import net from 'node:net'

const connect = net.Socket.prototype.connect
net.Socket.prototype.connect = function (...args) {
  const to = Array.isArray(args[0]) ? args[0][0] : args[0]
  const host = to?.host ?? 'localhost'
  if (!to?.path && !['localhost', '127.0.0.1', '::1'].includes(host)) {
    console.error(`a connection that leaves this machine: ${host}`)
    process.exit(3)
  }
  return connect.apply(this, args)
}
