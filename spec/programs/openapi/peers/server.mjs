// Answers every request with a small repository; prints its address.
import http from 'node:http';

const answer = JSON.stringify({ id: 1, name: 'lua', full_name: 'lua/lua' });
const server = http.createServer((request, response) => {
  request.resume();
  response.setHeader('Content-Type', 'application/json');
  response.end(answer);
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
